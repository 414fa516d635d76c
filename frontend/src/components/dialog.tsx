import { Modal, type ModalProps } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./dialog.module.css";

type Props = {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: NonNullable<ModalProps["size"]>;
  /** False while closing would lose something, such as a secret that is shown once. */
  dismissable?: boolean;
  children: ReactNode;
};

/**
 * A dialog: keeps the focus inside, closes by Escape, gives the focus back. Its content is made
 * anew each time that it opens.
 */
export function Dialog({
  opened,
  onClose,
  title,
  size = "md",
  dismissable = true,
  children,
}: Props) {
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={title}
      size={size}
      centered
      lockScroll={false}
      closeOnClickOutside={false}
      closeOnEscape={dismissable}
      withCloseButton={dismissable}
      closeButtonProps={{ "aria-label": "Close" }}
      classNames={{
        content: classes.content ?? "",
        header: classes.header ?? "",
        title: classes.title ?? "",
        body: classes.body ?? "",
      }}
    >
      {children}
    </Modal>
  );
}

/** The buttons at a dialog's end, the one that does it last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={classes.actions}>{children}</div>;
}
