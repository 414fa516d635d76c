import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import { Notice } from "./notice";

type Props = {
  children: ReactNode;
  /** A change of it, such as going to another page, tries again. */
  resetKey?: string;
  /** What to put the notice into, where there is no page around it. */
  around?: (notice: ReactNode) => ReactNode;
};

type State = { failed: boolean; resetKey: string | undefined };

/** Catches what a page throws while rendering, a missing chunk after a release included. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { failed: false, resetKey: this.props.resetKey };

  static getDerivedStateFromError(): Partial<State> {
    return { failed: true };
  }

  static getDerivedStateFromProps({ resetKey }: Props, state: State): State | null {
    return resetKey === state.resetKey ? null : { failed: false, resetKey };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return this.props.around?.(NOTICE) ?? NOTICE;
  }
}

const NOTICE = (
  <Notice
    title="This page broke"
    action={<Button onClick={() => window.location.reload()}>Reload</Button>}
  >
    Something on it failed. Your notebooks are not affected: they run on, and their files are saved.
    Reload; if it happens again, a newer version may just be arriving, so wait a minute.
  </Notice>
);
