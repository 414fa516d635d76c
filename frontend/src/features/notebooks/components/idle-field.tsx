import { TextInput } from "@mantine/core";
import { IDLE_MINUTES } from "@/config/limits";

type Props = { value: string; onChange: (minutes: string) => void; error?: string | null };

/** After how many minutes without activity a notebook stops by itself. */
export function IdleField({ value, onChange, error }: Props) {
  return (
    <TextInput
      label="Stops by itself after"
      description="Minutes in which no cell runs, no command runs in a terminal, no cluster is up and nobody types. A page that is merely open does not count, nor does what runs in the background."
      type="number"
      inputMode="numeric"
      min={IDLE_MINUTES.min}
      max={IDLE_MINUTES.max}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={error}
      rightSection="min"
      rightSectionWidth={52}
      rightSectionPointerEvents="none"
    />
  );
}
