import { Dialog } from "@/components/dialog";
import { CreateForm } from "./create-form";

type Props = { opened: boolean } & Parameters<typeof CreateForm>[0];

/** The dialog in which a notebook is created. */
export function CreateDialog({ opened, ...form }: Props) {
  return (
    <Dialog opened={opened} onClose={form.onClose} title="New notebook" size="lg">
      <CreateForm {...form} />
    </Dialog>
  );
}
