import type { ReactNode } from "react";
import { Link } from "react-router";
import { BackLink } from "@/components/back-link";
import { CodeSnippet } from "@/components/code-snippet";
import { PageTitle } from "@/components/page-title";
import { paths } from "@/config/paths";
import classes from "./guide-page.module.css";
import { AGAIN, DASK, SIZES, STAYS, savedResults, THREE_LINES } from "./snippets";

/** How clusters work, for somebody who has a slow function: by examples, and what they cost. */
export function GuidePage() {
  return (
    <>
      <BackLink to={paths.clusters}>All clusters</BackLink>
      <PageTitle title="How clusters work" />
      <div className={classes.guide}>
        <Section title="Three lines">
          <p>
            Workers start beside your notebook, with the same Python, the same packages and your own
            modules. <code>map</code> calls your function on them and gives the results in order;
            the cell shows the price before anything starts, and the progress.
          </p>
          <CodeSnippet label="A cluster in three lines" code={THREE_LINES} />
        </Section>
        <Section title="Results that outlive the kernel">
          <p>
            A cluster stops when its block ends, or two minutes after nobody is connected. With{" "}
            <code>detached=True</code> it works on, while you restart the kernel or sleep.
          </p>
          <CodeSnippet label="A cluster that stays" code={STAYS} />
          <p>Its name finds it again, from any notebook kernel or terminal of that notebook.</p>
          <CodeSnippet label="The same cluster again" code={AGAIN} />
        </Section>
        <Section title="More or fewer workers">
          <CodeSnippet label="Another number of workers" code={SIZES} />
        </Section>
        <Section title="Dask">
          <p>
            It is a Dask cluster: arrays, data frames and <code>delayed</code> work as you know
            them, and the dashboard is on the page of each cluster.
          </p>
          <CodeSnippet label="Dask's client" code={DASK} />
        </Section>
        <Section title="When it stops, and what is kept">
          <ul>
            <li>You close it, or stop it on its page: what is not finished is lost.</li>
            <li>
              Nothing was computed for 20 minutes (<code>idle_timeout</code>).
            </li>
            <li>
              The next minutes would pass its <code>budget</code>, or your monthly limit. It holds
              with the kernel dead.
            </li>
            <li>Nobody was connected for two minutes, unless it is detached.</li>
            <li>Its notebook stops.</li>
          </ul>
          <p>
            Before a cluster stops because it is idle, nobody is connected, money runs out, or its
            notebook is stopped, finished results are saved among the notebook's files. A cell loads
            them:
          </p>
          <CodeSnippet label="Load the saved results" code={savedResults("sweep")} />
        </Section>
        <Section title="What it costs">
          <p>
            Each worker by the second, from its start to its end, at the same prices as notebooks
            beyond a plan: see <Link to={paths.plans}>plans and prices</Link>. Installing your
            packages is part of it; waiting for a computer costs nothing, and neither does one that
            AWS takes away within five minutes. Every second is on your{" "}
            <Link to={paths.billing}>bill</Link>, by cluster. Scripts can read and stop clusters by
            the <a href={paths.apiDocs}>API</a>.
          </p>
        </Section>
      </div>
    </>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
