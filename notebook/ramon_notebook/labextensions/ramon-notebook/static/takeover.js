/*
 * The runs of one notebook's cells: those that this page started, and those that it takes over
 * from a page that is gone.
 */

import { MAX_BUFFERED, Run, shownBy } from './run.js';

/** Messages, the newest, that a page names: some come from the server, and number nothing. */
const MOST_NAMED = 50;

/** Takes over the cells of one notebook, now and whenever its kernel is connected anew. */
export class Takeover {
  constructor(panel, request, Notification) {
    this.panel = panel;
    this.request = request;
    this.Notification = Notification;
    this.runs = new Map();
    this.early = [];
    this.listened = new WeakSet();
    this.asking = 0;
    this.heard = [];
    this.told = {};
    panel.sessionContext.iopubMessage.connect((_, message) => this.receive(message));
    panel.sessionContext.connectionStatusChanged.connect(() => this.ask());
    panel.content.model.cells.changed.connect(() => {
      // JupyterLab moves, or undoes, all of it first.
      setTimeout(() => this.runs.forEach(run => run.find()));
    });
    this.ask();
  }

  get kernel() {
    return this.panel.sessionContext.session?.kernel;
  }

  async ask() {
    const { kernel } = this;
    // Until the server has answered, nobody knows what was missed.
    this.told = {};
    this.heardBefore ??= [...this.heard];
    if (kernel?.connectionStatus !== 'connected') {
      return;
    }
    const heard = this.heardBefore;
    this.heardBefore = undefined;
    await this.panel.revealed;
    this.asking++;
    try {
      await this.takeOver(kernel, heard);
    } finally {
      this.asking--;
    }
  }

  /** Hears what the kernel asks, as JupyterLab knows of no cell taken over; and what is run. */
  listenTo(kernel) {
    if (this.listened.has(kernel)) {
      return;
    }
    this.listened.add(kernel);
    kernel.anyMessage.connect((_, { msg, direction }) => {
      const { msg_type: kind, msg_id: id } = msg.header;
      if (direction === 'recv' && kind === 'input_request') {
        this.runs.get(msg.parent_header.msg_id)?.askFor(msg);
      } else if (direction === 'send' && kind === 'execute_request' && msg.metadata?.cellId) {
        this.newRun(kernel, id, msg.metadata.cellId);
      }
    });
  }

  /** The run of this request; a cell has one, its last. */
  newRun(kernel, msgId, cellId) {
    for (const run of this.runs.values()) {
      if (run.cellId === cellId) {
        this.runs.delete(run.msgId);
      }
    }
    const run = new Run(this.panel, kernel, msgId, cellId);
    this.runs.set(msgId, run);
    return run;
  }

  async takeOver(kernel, heard) {
    this.listenTo(kernel);
    const path = this.panel.context.localPath;
    const query = new URLSearchParams([
      ['session', kernel.clientId], ['path', path], ...heard.map(each => ['heard', each])
    ]);
    const { executions, last, problem } = await this.request(
      `ramon/executions/${kernel.id}?${query}`
    );
    this.tellOf(problem);
    const taken = new Set();
    for (const execution of executions) {
      taken.add(execution.msg_id);
      this.newRun(kernel, execution.msg_id, execution.cell_id).takeOver(execution);
    }
    for (const message of this.early.splice(0)) {
      if (taken.has(message.parent_header.msg_id)) {
        this.pass(message);
      }
    }
    this.told = { kernel: kernel.id, last };
  }

  /** Tells why outputs can't be saved, once, until they can. */
  tellOf(problem) {
    if (problem === this.problem) {
      return;
    }
    if (this.problem) {
      this.Notification.dismiss(this.toldOf);
    }
    this.problem = problem;
    this.toldOf = problem && this.Notification.error(problem, { autoClose: false });
  }

  /** What the server needs to know of a save: this page, and the last messages it has. */
  get saving() {
    const { kernel, asking, told, heard } = this;
    return kernel && !asking && told.kernel === kernel.id
      ? {
          kernel: kernel.id, session: kernel.clientId, seen: [told.last, ...heard],
          runs: [...this.runs.keys()],
          shows: this.panel.content.widgets.map(shownBy).filter(id => id)
        }
      : undefined;
  }

  receive(message) {
    this.heard.push(message.header.msg_id);
    this.heard.splice(0, this.heard.length - MOST_NAMED);
    if (!this.pass(message) || !this.told.kernel) {
      // It may be of a cell that the server is just telling us about.
      this.early.push(message);
      this.early.splice(0, this.early.length - MAX_BUFFERED);
    }
  }

  pass(message) {
    const run = this.runs.get(message.parent_header.msg_id);
    run?.receive(message);
    return run !== undefined;
  }
}
