import { Button, TextInput } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Check, Copy } from "lucide-react";
import { announce } from "@/lib/announcements";
import classes from "./copy-field.module.css";

type Props = { label: string; value: string };

/** A text to be taken away, with the button that copies it. */
export function CopyField({ label, value }: Props) {
  const clipboard = useClipboard({ timeout: 3_000 });
  const copy = () => {
    clipboard.copy(value);
    announce("Copied.");
  };
  return (
    <div className={classes.field}>
      <TextInput
        label={label}
        value={value}
        readOnly
        className={classes.input ?? ""}
        classNames={{ input: classes.text ?? "" }}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        onClick={copy}
        leftSection={
          clipboard.copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />
        }
      >
        {clipboard.copied ? "Copied" : "Copy"}
      </Button>
    </div>
  );
}
