/*
 * What a page tells its person: why its notebook does not answer, and that packages have brought
 * parts of the page which only a reload shows.
 */

const LOOK_MS = 3000;
/** JupyterLab shows the first 140 characters of a notification. */
const MOST_NAMES = 60;

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Tells why the notebook does not answer, for as long as it does not. */
export class Absence {
  /**
   * baseUrl: of the notebook's server. openUrl: of the application's page that starts and opens it.
   */
  constructor(Notification, baseUrl, openUrl) {
    this.Notification = Notification;
    this.baseUrl = baseUrl;
    this.openUrl = openUrl;
    this.watching = false;
  }

  /** To be called whenever a request has failed. */
  async watch() {
    if (this.watching) {
      return;
    }
    this.watching = true;
    for (let why = await this.look(); why; why = await this.look()) {
      this.show(why);
      await pause(LOOK_MS);
    }
    this.watching = false;
    if (this.shown) {
      this.Notification.dismiss(this.shown);
      this.shown = this.said = undefined;
    }
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
    return answer.status === 403
      ? 'This notebook was started again. Open it, and this page can go on: it keeps its changes.'
      : undefined;
  }

  show(why) {
    if (why === this.said) {
      return;
    }
    this.said = why;
    const callback = () => window.open(this.openUrl, '_blank');
    const options = {
      autoClose: false,
      actions: this.openUrl ? [{ label: 'Open the notebook', callback }] : []
    };
    const { shown: id, Notification } = this;
    if (!id || !Notification.update({ id, message: why, type: 'error', ...options })) {
      this.shown = Notification.error(why, options);
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
