import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import classes from "./undo-toast.module.css";

const SHOWN_MS = 12_000;

/** Say that something was done, with a way back for some seconds. */
export function showUndo(message: string, onUndo: () => void): void {
  const undo = () => {
    notifications.hide(id);
    onUndo();
  };
  const id = notifications.show({
    autoClose: SHOWN_MS,
    withCloseButton: true,
    closeButtonProps: { "aria-label": "Close this message" },
    message: (
      <span className={classes.row}>
        {message}
        <Button size="compact-sm" variant="light" onClick={undo}>
          Undo
        </Button>
      </span>
    ),
  });
}
