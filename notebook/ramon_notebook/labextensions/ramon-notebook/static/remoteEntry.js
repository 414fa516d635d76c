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
  const SAVE_DELAY_MS = 300;
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
      { PageConfig }, { IConnectionLost }, { Absence, NewParts }, { Takeover }
    ] = await Promise.all([
      load('@jupyterlab/notebook'), load('@jupyterlab/services'), load('@jupyterlab/apputils'),
      load('@jupyterlab/coreutils'), load('@jupyterlab/application'),
      import(new URL('telling.js', src)), import(new URL('takeover.js', src))
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
