import { type ReactNode, useEffect, useRef } from "react";
import { useLocation } from "react-router";
import classes from "./page-title.module.css";

type Props = {
  /** What the browser's tab says. */
  title: string;
  /** What the heading says; `title` if left out. */
  children?: ReactNode;
  /** A state or buttons beside the heading. */
  beside?: ReactNode;
};

/**
 * A page's heading. After a navigation it takes the focus, so that a screen reader says where
 * one is, and Tab goes on from there.
 */
export function PageTitle({ title, children, beside }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { key, pathname } = useLocation();
  const firstPage = key === "default";
  // What stands after the path, such as a dialog that is open, does not make it another page.
  const announced = useRef(firstPage ? pathname : null);
  useEffect(() => {
    if (announced.current === pathname) return;
    announced.current = pathname;
    heading.current?.focus({ preventScroll: true });
  }, [pathname]);
  useEffect(() => {
    document.title = `${title} · Ramon's Notebooks`;
  }, [title]);
  return (
    <div className={classes.row}>
      <h1 ref={heading} tabIndex={-1} className={classes.heading}>
        {children ?? title}
      </h1>
      {beside}
    </div>
  );
}
