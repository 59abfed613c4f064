/* What the reader takes out of the page: files made in it, without a request. */

export function download(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // The browser reads it after the click, at once or a little later.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A button of those beside charts and tables; `about` completes its name for those who do not see what it stands beside. */
export function toolButton(text: string, about: string, act: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'plain';
  button.textContent = text;
  button.setAttribute('aria-label', `${text}: ${about}`);
  button.addEventListener('click', act);
  return button;
}

export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Some browsers allow the clipboard to pages of servers only; they still know the old way.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}
