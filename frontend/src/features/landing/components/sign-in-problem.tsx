import classes from "./sign-in-problem.module.css";

type Props = { code: string | null; sentHere: boolean };

const PROBLEMS: Record<string, string> = {
  access_denied: "You cancelled on GitHub, so you are not signed in. Try again when you like.",
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
  if (code !== null) return PROBLEMS[code] ?? "Signing in did not work. Please try it once more.";
  return sentHere ? "You are signed out. Sign in, and you get back to where you were." : null;
}
