import type { ReactNode } from "react";
import classes from "./table-scroll.module.css";

type Props = {
  label: string;
  /**
   * One `<table>`. Cells with `data-align="end"` hold numbers, in one line unless they have
   * `data-wrap`; those with `data-wide` are left out on a phone.
   */
  children: ReactNode;
};

/** A table in the style of all tables; wider than the page, it is scrolled by itself. */
export function TableScroll({ label, children }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: or else a keyboard could not scroll it.
    <section className={classes.scroll} aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
