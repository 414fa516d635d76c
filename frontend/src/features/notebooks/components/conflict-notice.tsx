import { Alert, Button, Group } from "@mantine/core";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { formatMinutes } from "@/lib/time";
import classes from "./conflict-notice.module.css";
import { findSize } from "./notebook-words";
import { type Conflict, changedSettings } from "./use-save-notebook";

type Props = {
  conflict: Conflict;
  sizes: SizeOffer[];
  onSaveMine: () => void;
  onKeepTheirs: () => void;
};

const LABELS = { name: "Name", size: "Size", idle_minutes: "Stops after" } as const;

/** What was changed elsewhere while somebody was editing, and which of the two shall hold. */
export function ConflictNotice({ conflict, sizes, onSaveMine, onKeepTheirs }: Props) {
  const { base, latest } = conflict;
  const shown = (notebook: Notebook, setting: keyof typeof LABELS) => {
    if (setting === "size") return findSize(sizes, notebook.size)?.name ?? notebook.size;
    if (setting === "idle_minutes") return formatMinutes(notebook.idle_minutes);
    return `“${notebook.name}”`;
  };
  return (
    <Alert
      role="alert"
      className={classes.notice ?? ""}
      classNames={{ message: classes.words ?? "" }}
    >
      <strong>It was changed elsewhere while you were editing.</strong>
      <ul className={classes.changes}>
        {changedSettings(base, latest).map((setting) => (
          <li key={setting}>
            {LABELS[setting]}: was {shown(base, setting)}, now {shown(latest, setting)}
          </li>
        ))}
      </ul>
      <Group gap="xs">
        <Button size="compact-sm" onClick={onSaveMine}>
          Save mine all the same
        </Button>
        <Button size="compact-sm" variant="default" onClick={onKeepTheirs}>
          Keep what is there
        </Button>
      </Group>
    </Alert>
  );
}
