import { Alert } from "@mantine/core";
import { TriangleAlert } from "lucide-react";
import type { ClusterProblem } from "@/lib/api-models";
import classes from "./problem-notice.module.css";

/** What keeps a cluster from being as wanted, in the service's words, which say what to do. */
export function ProblemNotice({ problem }: { problem: ClusterProblem | null }) {
  if (problem === null) return null;
  return (
    <Alert
      role="note"
      className={classes.notice ?? ""}
      classNames={{ message: classes.message ?? "", icon: classes.icon ?? "" }}
      icon={<TriangleAlert size={18} aria-hidden />}
    >
      {problem.message}
    </Alert>
  );
}
