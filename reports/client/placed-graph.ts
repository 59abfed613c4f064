/* Lets the reader walk through a drawn graph and see it larger or smaller; the drawing is Node's. */

const ZOOM = 1.25;
const LEAST = 0.2;
const MOST = 4;

/** Makes the graph in `box` one that answers: arrow keys go from scope to scope, and what one is joined to stands out. */
export function enlivenPlacedGraph(box: HTMLElement): void {
  const image = box.querySelector<SVGSVGElement>('svg[role=group]');
  if (image === null) return;
  const scopes = [...image.querySelectorAll<SVGGElement>('.scope')];
  const edges = [...image.querySelectorAll<SVGGElement>('.edge')];
  const tell = (scope: SVGGElement | undefined): void => {
    const own = scope?.dataset.scope;
    image.classList.toggle('told', own !== undefined);
    for (const edge of edges)
      edge.classList.toggle('near', edge.dataset.from === own || edge.dataset.to === own);
  };
  let current = 0;
  const go = (to: number): void => {
    scopes[current]!.tabIndex = -1;
    current = Math.max(0, Math.min(scopes.length - 1, to));
    scopes[current]!.tabIndex = 0;
    scopes[current]!.focus();
  };
  for (const [i, scope] of scopes.entries()) {
    scope.tabIndex = i === 0 ? 0 : -1;
    scope.addEventListener('pointerenter', () => tell(scope));
    scope.addEventListener('pointerleave', () => tell(undefined));
    scope.addEventListener('focus', () => tell(scope));
    scope.addEventListener('blur', () => tell(undefined));
    scope.addEventListener('keydown', (event) => {
      const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
      const to = event.key === 'Home' ? 0 : event.key === 'End' ? scopes.length - 1 : current + (step ?? 0);
      if (step === undefined && event.key !== 'Home' && event.key !== 'End') return;
      event.preventDefault();
      go(to);
    });
    scope.addEventListener('pointerdown', () => {
      scopes[current]!.tabIndex = -1;
      current = i;
      scope.tabIndex = 0;
    });
  }
  box.prepend(tools(image));
  showFirst(image);
}

/** A drawing that is wider than its box begins where the arithmetic does. */
function showFirst(image: SVGSVGElement): void {
  const room = image.parentElement!;
  const first = image.querySelector<SVGGraphicsElement>('.scope[data-works] .box');
  if (first === null || room.scrollWidth <= room.clientWidth) return;
  const { x, y, width } = first.getBBox();
  room.scrollLeft = x + width - room.clientWidth / 2;
  room.scrollTop = y - room.clientHeight / 4;
}

function tools(image: SVGSVGElement): HTMLElement {
  const { width, height } = image.viewBox.baseVal;
  const list = document.createElement('div');
  list.className = 'tools';
  let scale = 1;
  const zoom = (to: number): void => {
    scale = Math.max(LEAST, Math.min(MOST, to));
    image.setAttribute('width', String(width * scale));
    image.setAttribute('height', String(height * scale));
  };
  const add = (name: string, label: string, act: () => void): void => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = name;
    button.setAttribute('aria-label', label);
    button.addEventListener('click', act);
    list.append(button);
  };
  add('+', 'Larger', () => zoom(scale * ZOOM));
  add('−', 'Smaller', () => zoom(scale / ZOOM));
  add('Whole graph', 'Whole graph', () => {
    const room = image.parentElement!;
    zoom(Math.min(room.clientWidth / width, ROOM / height));
  });
  add('Real size', 'Real size', () => zoom(1));
  return list;
}

/** Pixels: the height that the box has. */
const ROOM = 636;
