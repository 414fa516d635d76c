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
    <Modal.Root
      opened={opened}
      onClose={onClose}
      size={size}
      centered
      // It would write a <style> tag, which the CSP refuses; `base.css` does it instead.
      lockScroll={false}
      closeOnClickOutside={false}
      closeOnEscape={dismissable}
      classNames={{
        content: classes.content ?? "",
        title: classes.title ?? "",
        body: classes.body ?? "",
      }}
    >
      <Modal.Overlay />
      <Modal.Content>
        {/* Not Modal.Header: a <header> would be a second banner of the page. */}
        <div className={classes.header}>
          <Modal.Title>{title}</Modal.Title>
          {dismissable && <Modal.CloseButton aria-label="Close" />}
        </div>
        <Modal.Body>{children}</Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

/** The buttons at a dialog's end, the one that does it last. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <div className={classes.actions}>{children}</div>;
}
