/*
 * One run of a cell, and the cell that shows what it puts out.
 */

/** Messages of a run, or of all runs together, that are kept until a cell shows them. */
export const MAX_BUFFERED = 10000;

/** What an output area wants of a request whose messages it shows and that it did not make. */
function adoptedFuture(kernel, msgId) {
  let finish;
  const done = new Promise(resolve => (finish = resolve));
  const nothing = () => undefined;
  return {
    done, finish, isDisposed: false, msg: { header: { msg_id: msgId }, content: {} },
    onIOPub: nothing, onReply: nothing, onStdin: nothing,
    registerMessageHook: nothing, removeMessageHook: nothing,
    sendInputReply: (content, header) => kernel.sendInputReply(content, header),
    dispose() { this.isDisposed = true; finish({ content: {} }); }
  };
}

/** The request whose outputs a cell shows as they come. */
export const shownBy = widget => widget.outputArea?.future?.msg.header.msg_id;

/**
 * One run of a cell: started by this page, or taken over. JupyterLab shows the outputs of what
 * this page started, also when the cell is moved or its deletion undone; all others come here.
 */
export class Run {
  constructor(panel, kernel, msgId, cellId) {
    Object.assign(this, { panel, kernel, msgId, cellId });
    this.seen = new Set();
    this.missed = [];
  }

  /** Shows all that was put out before this page took the run over, if it has the cell. */
  takeOver(execution) {
    this.seen = new Set(execution.seen);
    this.missed = [];
    this.taken = execution;
    const cell = this.panel.content.widgets.find(each => each.model.id === this.cellId);
    if (cell?.outputArea) {
      this.showIn(cell);
    }
  }

  /** The cell that shows this run. */
  get cell() {
    return this.panel.content.widgets.find(each => shownBy(each) === this.msgId);
  }

  /** Shows the run in the cell that was pasted in place of the one that showed it. */
  find() {
    if (!this.cell && !this.incomplete) {
      const cell = this.panel.content.widgets.find(each => each.model.id === this.cellId);
      if (cell?.outputArea && !cell.outputArea.future) {
        this.showIn(cell);
      }
    }
  }

  showIn(cell) {
    const { taken, missed } = this;
    const future = this.future = adoptedFuture(this.kernel, this.msgId);
    cell.model.trusted = true;
    if (taken) {
      cell.outputArea.future = future;
      for (const { kind, content } of taken.messages) {
        future.onIOPub({ header: { msg_type: kind }, content });
      }
      this.count = taken.execution_count;
      this.ended = !taken.running;
    } else {
      // It has what was put out before it was cut.
      cell.outputArea.reattachFuture(future);
    }
    cell.model.executionState = 'running';
    this.taken = undefined;
    this.missed = [];
    missed.forEach(message => future.onIOPub(message));
    if (this.ended) {
      this.end();
    } else if (taken?.question) {
      this.askFor({ header: { msg_type: 'input_request' }, content: taken.question });
    }
  }

  /** Shows the field for an input that the kernel waits for. */
  askFor(request) {
    if (this.future && !this.future.isDisposed) {
      this.kernel.hasPendingInput = true;
      this.future.onStdin({ channel: 'stdin', ...request });
    }
  }

  receive(message) {
    if (this.seen.has(message.header.msg_id)) {
      return;
    }
    // A cell that is deleted hears on, and is as it would be when that is undone.
    if (!this.future?.isDisposed) {
      this.future?.onIOPub(message);
    }
    if (!this.cell) {
      this.missed.push(message);
      this.incomplete ||= this.missed.length > MAX_BUFFERED;
      this.missed.splice(0, this.missed.length - MAX_BUFFERED);
    }
    const { msg_type: kind } = message.header;
    if (kind === 'execute_input') {
      this.count = message.content.execution_count;
    } else if (kind === 'status' && message.content.execution_state === 'idle') {
      this.ended = true;
      this.end();
    }
  }

  end() {
    const { cell, future, count } = this;
    if (future && cell?.outputArea.future === future) {
      cell.model.executionState = 'idle';
      cell.model.executionCount = count;
    }
    future?.finish({ content: { execution_count: count } });
  }
}
