import classes from "./sign-in-problem.module.css";

type Props = { code: string | null; sentHere: boolean };

const PROBLEMS: Record<string, string> = {
  cancelled: "You cancelled on GitHub, so you are not signed in.",
  expired: "That took too long, so GitHub's answer was no longer good. Please sign in again.",
  refused: "GitHub did not confirm who you are. Please sign in again.",
};

/** Why somebody is here who wanted to be elsewhere. Nothing for everybody else. */
export function SignInProblem({ code, sentHere }: Props) {
  const text = explain(code, sentHere);
  if (text === null) return null;
  return (
    <p className={classes.problem} role="status">
      {text}
    </p>
  );
}

function explain(code: string | null, sentHere: boolean): string | null {
  if (code !== null) return PROBLEMS[code] ?? "Signing in did not work. Please try again.";
  return sentHere ? "You are signed out. Sign in, and you get back to where you were." : null;
}
