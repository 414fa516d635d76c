import { ActionIcon, Menu } from "@mantine/core";
import { Copy, Ellipsis, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Notebook, SizeOffer } from "@/lib/api-models";
import { DeleteDialog } from "./delete-dialog";
import { isActive } from "./notebook-words";
import { RenameDialog } from "./rename-dialog";
import type { NotebookActions } from "./use-notebook-actions";

type Props = {
  notebook: Notebook;
  sizes: SizeOffer[];
  actions: NotebookActions;
  /** The names of its live clusters. */
  clusters: string[];
};

/** The rarer actions: rename, duplicate, delete. */
export function NotebookMenu({ notebook, sizes, actions, clusters }: Props) {
  const [dialog, setDialog] = useState<"rename" | "delete" | null>(null);
  const close = () => setDialog(null);
  // Nothing is lost by deleting a stopped notebook, and there is an undo: no question asked.
  const remove = isActive(notebook) ? () => setDialog("delete") : actions.remove;
  return (
    <>
      <Menu
        position="bottom-end"
        width={190}
        withinPortal={false}
        withInitialFocusPlaceholder={false}
      >
        <Menu.Target>
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            loading={actions.copying || actions.deleting}
            aria-label={`More for ${notebook.name}`}
          >
            <Ellipsis size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<Pencil size={15} aria-hidden />}
            onClick={() => setDialog("rename")}
          >
            Rename
          </Menu.Item>
          <Menu.Item leftSection={<Copy size={15} aria-hidden />} onClick={actions.duplicate}>
            Duplicate
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<Trash2 size={15} aria-hidden />} onClick={remove}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <RenameDialog
        notebook={notebook}
        sizes={sizes}
        opened={dialog === "rename"}
        onClose={close}
      />
      <DeleteDialog
        notebook={notebook}
        clusters={clusters}
        opened={dialog === "delete"}
        onClose={close}
        onConfirm={actions.remove}
      />
    </>
  );
}
