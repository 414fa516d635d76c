import { Button } from "@mantine/core";
import { PageTitle } from "@/components/page-title";
import { githubStartUrl } from "@/config/paths";
import { GithubMark } from "./github-mark";
import classes from "./landing-page.module.css";
import { OvernightCell } from "./overnight-cell";
import { Prices, type PricesProps } from "./prices";
import { SignInProblem } from "./sign-in-problem";

type Props = {
  /** Where to go after signing in. */
  returnTo: string;
  /** True when somebody was sent here from a page that needs signing in. */
  sentHere: boolean;
  /** The code with which a sign-in failed, if one just did. */
  signInError: string | null;
  prices: PricesProps;
};

/** What this is and what it costs, for somebody who is not signed in. */
export function LandingPage({ returnTo, sentHere, signInError, prices }: Props) {
  return (
    <>
      <div className={classes.hero}>
        <div className={classes.words}>
          <SignInProblem code={signInError} sentHere={sentHere} />
          <PageTitle title="Notebooks that run on when your laptop can't">
            Your laptop sleeps.
            <br />
            Your notebook doesn't.
          </PageTitle>
          <p className={classes.lead}>
            Jupyter notebooks on our machines, for a flat price a month. Start a cell, close the
            lid, and read its output in the morning. Saved files stay, and an idle notebook stops by
            itself.
          </p>
          <Button
            component="a"
            href={githubStartUrl(returnTo)}
            size="lg"
            leftSection={<GithubMark />}
          >
            Sign in with GitHub
          </Button>
          <p className={classes.small}>
            We read your name and email address from GitHub, and none of your code.
          </p>
        </div>
        <OvernightCell />
      </div>
      <Prices {...prices} />
    </>
  );
}
