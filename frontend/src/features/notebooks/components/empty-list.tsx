import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import classes from "./empty-list.module.css";

/** Where the first notebook will be: what happens from here, and the button that begins. */
export function EmptyList({ onCreate }: { onCreate: () => void }) {
  return (
    <section className={classes.empty} aria-label="How it works">
      <ol className={classes.steps}>
        <li>
          <h2>Create</h2>
          <p>
            Choose a size and how you begin: blank, with an <code>.ipynb</code> of yours, or with
            one from GitHub. Nothing runs yet, and nothing is charged.
          </p>
        </li>
        <li>
          <h2>Start and open</h2>
          <p>
            After some seconds it can be opened: JupyterLab, in a tab of its own. Your files are
            saved as you go: within two seconds, and every 15 seconds while they change.
          </p>
        </li>
        <li>
          <h2>Walk away</h2>
          <p>
            Close the laptop. Cells go on running, and their output is there when you come back.
            When nothing runs and nobody types, the notebook stops by itself.
          </p>
        </li>
      </ol>
      <Button size="md" leftSection={<Plus size={18} aria-hidden />} onClick={onCreate}>
        Create your first notebook
      </Button>
    </section>
  );
}
