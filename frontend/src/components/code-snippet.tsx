import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { Check, Copy } from "lucide-react";
import { announce } from "@/lib/announcements";
import classes from "./code-snippet.module.css";

type Props = {
  /** What it does, for somebody who can't see what stands around it. */
  label: string;
  code: string;
};

/** Some lines of code, with the button that copies them. */
export function CodeSnippet({ label, code }: Props) {
  const clipboard = useClipboard({ timeout: 3_000 });
  const copy = () => {
    clipboard.copy(code);
    announce("Copied.");
  };
  return (
    <section className={classes.snippet} aria-label={label}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: or else a keyboard could not scroll it. */}
      <pre className={classes.code} tabIndex={0}>
        {code}
      </pre>
      <Button
        className={classes.copy ?? ""}
        size="compact-sm"
        variant="default"
        onClick={copy}
        aria-label={`Copy: ${label}`}
        leftSection={
          clipboard.copied ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />
        }
      >
        {clipboard.copied ? "Copied" : "Copy"}
      </Button>
    </section>
  );
}
