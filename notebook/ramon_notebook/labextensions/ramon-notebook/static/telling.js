/*
 * What a page tells its person: why its notebook does not answer, and that packages have brought
 * parts of the page which only a reload shows.
 */

const LOOK_MS = 3000;
/** What a load balancer or the front door answers for a service that is away. */
const AWAY = [502, 503];
/** JupyterLab shows the first 140 characters of a notification. */
const MOST_NAMES = 60;

const BANNER =
  'position: fixed; z-index: 20000; right: 16px; bottom: 32px; max-width: 32rem; padding: 12px 16px;' +
  'display: flex; gap: 12px; align-items: center; border-left: 6px solid var(--jp-error-color1);' +
  'background: var(--jp-layout-color1); color: var(--jp-ui-font-color1);' +
  'font: var(--jp-ui-font-size1) var(--jp-ui-font-family); box-shadow: var(--jp-elevation-z6)';

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Tells why the notebook does not answer, for as long as it does not. */
export class Absence {
  /**
   * baseUrl: of the notebook's server. openUrl: of the application's page that starts and opens it.
   */
  constructor(baseUrl, openUrl) {
    this.baseUrl = baseUrl;
    this.openUrl = openUrl;
  }

  /** To be called whenever a request has failed. Ends when the notebook answers. */
  watch() {
    return (this.watching ??= this.tell());
  }

  async tell() {
    for (let why = await this.look(); why; why = await this.look()) {
      this.show(why);
      await pause(LOOK_MS);
    }
    this.watching = undefined;
    this.banner?.remove();
    this.banner = undefined;
  }

  /**
   * Makes requests wait that no notebook took, or one that was started again and does not know
   * this page, until a person has opened it. JupyterLab would take such an answer for the death of
   * the kernel, or for a file that can't be written. Questions that had no answer at all wait too;
   * each save begins with one. What changes something may have arrived, and is not repeated.
   */
  hold(settings) {
    const { fetch } = settings;
    settings.fetch = async request => {
      const again = request.clone();
      let answer;
      try {
        answer = await fetch(request);
      } catch (error) {
        if (again.method !== 'GET' || error.name === 'AbortError' || !(await this.look())) {
          throw error;
        }
      }
      if (answer && this.isTaken(answer)) {
        return answer;
      }
      if (answer && !(await this.look())) {
        return answer;
      }
      await this.watch();
      const [, token] = /(?:^|; )_xsrf=([^;]*)/.exec(document.cookie) ?? [];
      if (token) {
        again.headers.set('X-XSRFToken', token); // the new server gives a new one
      }
      return settings.fetch(again);
    };
  }

  /** Whether a notebook that knows this page has answered. */
  isTaken(answer) {
    const isAway = AWAY.includes(answer.status) || answer.headers.has('x-ramon-gateway');
    return !isAway && answer.status !== 403;
  }

  /** Why the notebook does not answer, in a sentence; undefined if it does. */
  async look() {
    let answer;
    try {
      answer = await fetch(`${this.baseUrl}api/status`, { cache: 'no-store' });
    } catch {
      return 'This page has no connection. It tries again by itself: check your network.';
    }
    if (answer.headers.has('x-ramon-gateway')) {
      const { error } = await answer.json();
      const [title] = error.message.split('. ');
      return `${title}. What you change here is not saved meanwhile.`;
    }
    if (AWAY.includes(answer.status)) {
      return 'The service does not answer. This page tries again; nothing is saved meanwhile.';
    }
    return answer.status === 403
      ? 'This notebook was started again. Open it, and this page goes on with what you typed.'
      : undefined;
  }

  /** JupyterLab would have to load its notifications from the server that is gone. */
  show(why) {
    if (!this.banner) {
      this.banner = document.createElement('div');
      this.banner.setAttribute('role', 'alert');
      this.banner.style.cssText = BANNER;
      const button = document.createElement('button');
      button.textContent = 'Open the notebook';
      button.className = 'jp-mod-styled jp-mod-accept';
      button.style.cssText = 'flex: none; white-space: nowrap';
      button.onclick = () => window.open(this.openUrl, '_blank');
      this.banner.append(document.createElement('span'), button);
      document.body.append(this.banner);
    }
    const [text] = this.banner.children;
    if (text.textContent !== why) {
      text.textContent = why;
    }
  }
}

/** Tells once of each part of the page that was installed since the page was loaded. */
export class NewParts {
  /**
   * parts: asks the server for the parts that a page loaded now would have.
   * shown: those that this page has. reload: saves everything and loads the page anew.
   */
  constructor(Notification, parts, shown, reload) {
    this.Notification = Notification;
    this.parts = parts;
    this.reload = reload;
    this.known = new Set(shown.map(part => `${part.name} ${part.load}`));
  }

  async look() {
    const { parts } = await this.parts();
    const added = parts.filter(part => !this.known.has(`${part.name} ${part.load}`));
    if (added.length === 0) {
      return;
    }
    added.forEach(part => this.known.add(`${part.name} ${part.load}`));
    const names = added.map(part => part.name).join(', ');
    const short = names.length > MOST_NAMES ? `${added.length} of them` : names;
    this.Notification.info(
      `Installed parts of this page (${short}) are shown after a reload. Cells go on meanwhile.`,
      { autoClose: false, actions: [{ label: 'Reload the page', callback: this.reload }] }
    );
  }
}
