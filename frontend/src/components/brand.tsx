import { Link } from "react-router";
import classes from "./brand.module.css";

/** The name, and `[*]`: how Jupyter marks a cell that is running. */
export function Brand({ to }: { to: string }) {
  return (
    <Link to={to} className={classes.brand}>
      <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
        <rect width="32" height="32" rx="7" className={classes.tile} />
        <g fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round">
          <path d="M10.5 8H7v16h3.5M21.5 8H25v16h-3.5" />
          <path d="M16 12v8M12.54 14l6.92 4M19.46 14l-6.92 4" />
        </g>
      </svg>
      Ramon's Notebooks
    </Link>
  );
}
