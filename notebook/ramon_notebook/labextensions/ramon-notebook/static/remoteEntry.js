/*
 * The page's part of "cells go on with no browser", written by hand as the module that
 * JupyterLab loads: a container with `init` and `get`, so nothing has to be built.
 *
 * 1. A notebook is saved when one of its cells is run, so that the file has that cell.
 * 2. When a notebook is opened whose cells were started by a page that is gone, this page
 *    takes them over: it asks the server for their outputs so far, and adds what the kernel
 *    publishes from then on, by JupyterLab's own code for outputs.
 * 3. A message that is too large for the server is not sent, and the person is told: sent, it
 *    would cost the page its connection.
 * 4. What `telling.js` tells: why the notebook does not answer, what only a reload shows.
 * 5. Each save of a notebook tells the server which messages of the kernel this page had
 *    taken in, and which runs it shows: outputs that somebody cleared stay cleared, what came
 *    later is added.
 * 6. A cell that is cut and pasted while it runs goes on showing what it puts out.
 */
(() => {
  const NAME = 'ramon-notebook';
  const MAX_BUFFERED = 10000;
  const SAVE_DELAY_MS = 300;
  /** Messages, the newest, that a page names: some come from the server, and number nothing. */
  const MOST_NAMED = 50;
  /** ipywidgets marks each widget whose kernel is gone, and those in it too: one mark is enough. */
  const ONE_MARK =
    '.jupyter-widgets-disconnected .jupyter-widgets-disconnected::before { display: none }';
  const { src } = document.currentScript;
  let shared;

  /** The module of that name that JupyterLab itself uses. */
  async function load(name) {
    const versions = Object.values(shared[name] ?? {});
    if (versions.length === 0) {
      throw new Error(`${NAME}: JupyterLab does not share ${name}`);
    }
    return (await (versions.find(v => v.loaded) ?? versions[0]).get())();
  }

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
  const shownBy = widget => widget.outputArea?.future?.msg.header.msg_id;

  /**
   * One run of a cell: started by this page, or taken over. JupyterLab shows the outputs of what
   * this page started, also when the cell is moved or its deletion undone; all others come here.
   */
  class Run {
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

  /** Takes over the cells of one notebook, now and whenever its kernel is connected anew. */
  class Takeover {
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

  /** Saves a notebook soon, but never while it is being saved: that would look like a conflict. */
  class Saver {
    constructor(panel) {
      this.context = panel.context;
      this.saving = false;
      this.timer = 0;
      panel.context.saveState.connect((_, state) => {
        this.saving = state === 'started';
      });
    }

    saveSoon() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), SAVE_DELAY_MS);
    }

    save() {
      if (this.saving) {
        this.saveSoon();
      } else if (!this.context.isDisposed && this.context.model.dirty && this.writable) {
        void this.context.save();
      }
    }

    get writable() {
      return !this.context.model.readOnly && this.context.contentsModel?.writable !== false;
    }
  }

  /** Adds to each save of a notebook what its page has to tell; `told` has it by path. */
  function tellWithSaves(contents, told) {
    const save = contents.save.bind(contents);
    contents.save = (path, options) =>
      save(path, options?.type === 'notebook' ? { ...options, ramon: told.get(path) } : options);
  }

  /** Keeps messages to kernels that are larger than `limit` bytes here, and tells the person. */
  function limitMessages(settings, limit, tell) {
    const { serializer } = settings;
    const megabytes = bytes => Math.ceil(bytes / 2 ** 20);
    settings.serializer = {
      ...serializer,
      serialize(message, protocol) {
        const data = serializer.serialize(message, protocol);
        const size = data.byteLength ?? data.length;
        if (size <= limit) {
          return data;
        }
        // JupyterLab shows the first 140 characters.
        tell(
          `Too large for the kernel: ${megabytes(size)} MB; this notebook's memory allows ` +
          `${megabytes(limit)} MB. Upload it as a file and read that.`
        );
        // The server ignores an empty message. An error here would leave the message first in
        // JupyterLab's queue, and hold up all that come after it.
        return '';
      }
    };
  }

  async function plugin() {
    const [
      { INotebookTracker, NotebookActions }, { ServerConnection }, { Notification },
      { PageConfig }, { IConnectionLost }, { Absence, NewParts }
    ] = await Promise.all([
      load('@jupyterlab/notebook'), load('@jupyterlab/services'), load('@jupyterlab/apputils'),
      load('@jupyterlab/coreutils'), load('@jupyterlab/application'),
      import(new URL('telling.js', src))
    ]);

    async function request(path, method = 'POST') {
      const settings = ServerConnection.makeSettings();
      const response = await ServerConnection.makeRequest(
        settings.baseUrl + path, { method }, settings
      );
      if (!response.ok) {
        throw new ServerConnection.ResponseError(response);
      }
      return response.json();
    }

    function activate(app, tracker) {
      document.head.append(Object.assign(document.createElement('style'), { textContent: ONE_MARK }));
      const savers = new WeakMap();
      const warn = text => Notification.error(text, { autoClose: false });
      limitMessages(
        app.serviceManager.serverSettings, Number(PageConfig.getOption('ramonMaxMessageBytes')),
        warn
      );
      const told = new Map();
      tellWithSaves(app.serviceManager.contents, told);
      tracker.widgetAdded.connect(async (_, panel) => {
        await Promise.all([panel.context.ready, panel.sessionContext.ready]);
        savers.set(panel.content, new Saver(panel));
        const takeover = new Takeover(panel, request, Notification);
        panel.context.saveState.connect(({ path }, state) => {
          if (state === 'started') {
            told.set(path, takeover.saving);
          } else if (state === 'completed') {
            takeover.tellOf(null);
          }
        });
      });
      NotebookActions.executionScheduled.connect((_, { notebook }) => {
        savers.get(notebook)?.saveSoon();
      });
      tellOfParts(app, tracker, warn);
    }

    function tellOfParts(app, tracker, warn) {
      const option = name => JSON.parse(PageConfig.getOption(name) || '[]');
      const shown = option('federated_extensions');
      const reload = async () => {
        await app.commands.execute('docmanager:save-all');
        window.location.reload();
      };
      const parts = new NewParts(Notification, () => request('ramon/parts', 'GET'), shown, reload);
      NotebookActions.executed.connect((_, { cell }) => {
        if (cell.model.sharedModel.getSource().includes('install')) {
          void parts.look();
        }
      });
      tracker.currentChanged.connect(() => void parts.look()); // back from a terminal, say
      const leftOut = option('ramonLeftOut');
      if (leftOut.length > 0) {
        warn(`Parts of this page are broken and left out: ${leftOut.join(', ')}. Reinstall them.`);
      }
    }

    function activateAbsence(app) {
      const { serverSettings } = app.serviceManager;
      const absence = new Absence(serverSettings.baseUrl, PageConfig.getOption('ramonOpenUrl'));
      absence.hold(serverSettings);
      return () => absence.watch();
    }

    return [
      {
        id: `${NAME}:plugin`, autoStart: true, requires: [INotebookTracker], activate,
        description: 'Takes over cells that were started by a page that is gone.'
      },
      {
        id: `${NAME}:absence`, autoStart: true, provides: IConnectionLost,
        activate: activateAbsence,
        description: 'Tells why the notebook does not answer.'
      }
    ];
  }

  window._JUPYTERLAB ??= {};
  window._JUPYTERLAB[NAME] = {
    init(scope) { shared = scope; },
    async get() {
      const instance = await plugin();
      return () => ({ __esModule: true, default: instance });
    }
  };
})();
