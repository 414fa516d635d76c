import { Button, Input, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useId } from "react";
import { useNavigate } from "react-router";
import { DialogActions } from "@/components/dialog";
import { ErrorNotice } from "@/components/error-notice";
import { NAME_MAX_LENGTH } from "@/config/limits";
import { paths } from "@/config/paths";
import type { SizeOffer } from "@/lib/api-models";
import type { SourceKind } from "./create-values";
import { FileField } from "./file-field";
import { IdleField } from "./idle-field";
import { SizeField } from "./size-field";
import { useCreateForm } from "./use-create-form";

type Props = { sizes: SizeOffer[]; onClose: () => void };

const SOURCES: Array<{ value: SourceKind; label: string }> = [
  { value: "blank", label: "Blank" },
  { value: "upload", label: "My file" },
  { value: "github", label: "From GitHub" },
];

/** Asks what a new notebook shall be, creates it, and goes there. */
export function CreateForm({ sizes, onClose }: Props) {
  const navigate = useNavigate();
  const sourceLabel = useId();
  const form = useCreateForm(sizes, (notebook) => {
    onClose();
    navigate(paths.notebook(notebook.id));
  });
  const { values, set, problemOf } = form;
  return (
    <form onSubmit={form.submit} noValidate>
      <Stack gap="lg">
        <TextInput
          label="Name"
          placeholder="Ocean temperatures"
          value={values.name}
          maxLength={NAME_MAX_LENGTH}
          onChange={(event) => set({ name: event.currentTarget.value })}
          error={problemOf("name")}
          data-autofocus
        />
        <div>
          <Input.Label component="div" id={sourceLabel} mb={6}>
            Begin with
          </Input.Label>
          <SegmentedControl
            fullWidth
            aria-labelledby={sourceLabel}
            data={SOURCES}
            value={values.source}
            onChange={(source) => set({ source: source as SourceKind })}
            mb="xs"
          />
          <SourceField form={form} />
        </div>
        <SizeField
          sizes={sizes}
          value={values.size}
          onChange={(size) => set({ size })}
          error={problemOf("size")}
        />
        <IdleField
          value={values.idleMinutes}
          onChange={(idleMinutes) => set({ idleMinutes })}
          error={problemOf("idle_minutes")}
        />
        <ErrorNotice error={form.error} />
        <DialogActions>
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={form.busy} disabled={sizes.length === 0}>
            Create notebook
          </Button>
        </DialogActions>
      </Stack>
    </form>
  );
}

function SourceField({ form }: { form: ReturnType<typeof useCreateForm> }) {
  const { values, set, problemOf } = form;
  if (values.source === "blank") return null;
  if (values.source === "upload") {
    return (
      <FileField
        file={values.file}
        onChange={(file) => set({ file })}
        share={form.share}
        error={problemOf("source")}
      />
    );
  }
  return (
    <TextInput
      label="Address of the file"
      description="A notebook in a public repository, as your browser shows it."
      placeholder="https://github.com/ocean/argo/blob/main/floats.ipynb"
      type="url"
      value={values.githubUrl}
      onChange={(event) => set({ githubUrl: event.currentTarget.value })}
      error={problemOf("source")}
    />
  );
}
