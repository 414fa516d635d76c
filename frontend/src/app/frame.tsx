import { type ReactNode, Suspense } from "react";
import { Link, useLocation } from "react-router";
import { Brand } from "@/components/brand";
import { ColorSchemeToggle } from "@/components/color-scheme-toggle";
import { ConnectionBanner } from "@/components/connection-banner";
import { ErrorBoundary } from "@/components/error-boundary";
import { LiveRegion } from "@/components/live-region";
import { PageLoading } from "@/components/page-loading";
import { paths } from "@/config/paths";
import classes from "./frame.module.css";

type Props = {
  /** Where the name in the corner leads. */
  home: string;
  /** What stands beside the name. */
  nav?: ReactNode;
  /** What stands under the header on every page. */
  banner?: ReactNode;
  /** What stands at the end of the header. */
  headerEnd?: ReactNode;
  children: ReactNode;
};

/** What is around every page: skip link, header, banner, footer, and a net for errors. */
export function Frame({ home, nav, banner, headerEnd, children }: Props) {
  const { pathname } = useLocation();
  return (
    <div className={classes.frame}>
      <a href="#main" className={classes.skip}>
        Skip to content
      </a>
      <header className={classes.header}>
        <div className={classes.inner}>
          <Brand to={home} />
          {nav}
          <div className={classes.end}>
            <ColorSchemeToggle />
            {headerEnd}
          </div>
        </div>
      </header>
      <ConnectionBanner />
      {banner}
      <main id="main" tabIndex={-1} className={classes.main}>
        <ErrorBoundary resetKey={pathname}>
          <Suspense fallback={<PageLoading />}>{children}</Suspense>
        </ErrorBoundary>
      </main>
      <footer className={classes.footer}>
        <div className={classes.inner}>
          <span>Ramon's Notebooks</span>
          <span className={classes.links}>
            <Link to={paths.plans}>Plans and prices</Link>
            <a href={paths.apiDocs}>API</a>
          </span>
        </div>
      </footer>
      <LiveRegion />
    </div>
  );
}
