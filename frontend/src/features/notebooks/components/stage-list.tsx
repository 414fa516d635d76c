import { Check } from "lucide-react";
import { Elapsed } from "@/components/elapsed";
import type { Stage } from "@/lib/api-models";
import { formatElapsed, secondsSince } from "@/lib/time";
import { STAGES, stageLabel } from "./notebook-words";
import classes from "./stage-list.module.css";

/** The stages of a start: those done with the seconds they took, the present one counting. */
export function StageList({ stages }: { stages: Stage[] }) {
  const reached = stages.length - 1;
  return (
    <ol className={classes.list} aria-label="Stages">
      {STAGES.map((name) => {
        const index = stages.findIndex((stage) => stage.name === name);
        const progress = index < 0 ? "ahead" : index < reached ? "done" : "now";
        return (
          <li
            key={name}
            className={classes.stage}
            data-progress={progress}
            aria-current={progress === "now" ? "step" : undefined}
          >
            <span className={classes.mark} aria-hidden>
              {progress === "done" && <Check size={14} strokeWidth={3} />}
            </span>
            {stageLabel(name)}
            <span className={classes.time}>
              <StageTime stages={stages} index={index} />
            </span>
          </li>
        );
      })}
    </ol>
  );
}

function StageTime({ stages, index }: { stages: Stage[]; index: number }) {
  const [stage, next] = [stages[index], stages[index + 1]];
  if (stage === undefined) return null;
  if (next === undefined) return stage.name === "ready" ? null : <Elapsed iso={stage.at} />;
  return (
    <span className="numbers">{formatElapsed(secondsSince(stage.at, Date.parse(next.at)))}</span>
  );
}
