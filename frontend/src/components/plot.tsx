import type { ReactElement, ReactNode } from "react";
import { ResponsiveContainer } from "recharts";
import { PLOT_HEIGHT } from "./figure";
import classes from "./plot.module.css";

/** What axes of all plots have in common. */
export const AXIS = { stroke: "var(--line-strong)", tickLine: false, fontSize: 12 } as const;

/** What all plots have in common; `children` is a chart of Recharts. */
export function Plot({ children }: { children: ReactElement }) {
  return (
    <ResponsiveContainer
      width="100%"
      height={PLOT_HEIGHT}
      initialDimension={{ width: 640, height: PLOT_HEIGHT }}
      className={classes.chart ?? ""}
    >
      {children}
    </ResponsiveContainer>
  );
}

type TipProps = { title: string; children: ReactNode };

/** What a point means, beside the pointer; read out when the arrow keys get to another one. */
export function PlotTip({ title, children }: TipProps) {
  return (
    <div className={classes.tip} role="status">
      <p className={classes.title}>{title}</p>
      {children}
    </div>
  );
}
