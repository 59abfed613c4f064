/** What pointers, wheel and fingers ask of a timeline; places are in CSS pixels of the window. */
export interface TimelineGestures {
  readonly zoom: (factor: number, clientX: number) => void;
  /** By so many pixels to the left. */
  readonly move: (pixels: number) => void;
  readonly press: (clientX: number, clientY: number) => void;
  readonly hover: (clientX: number, clientY: number) => void;
  readonly leave: () => void;
}

/** So many pixels a pointer moves before it drags. */
const STILL = 3;

/**
 * Dragging moves, Shift + wheel and sideways wheels too, Ctrl + wheel and two fingers zoom; the plain wheel, and a finger that
 * moves up or down, scroll the page.
 */
export function addGestures(canvas: HTMLCanvasElement, gestures: TimelineGestures): void {
  const { zoom, move, press, hover, leave } = gestures;
  /** Horizontal places of the pointers that are down. */
  const down = new Map<number, number>();
  let pressedAt = 0;
  let drags = false;
  const apart = (): number => {
    const [a, b] = [...down.values()];
    return Math.max(1, Math.abs(a! - b!));
  };

  canvas.addEventListener('pointerdown', (event) => {
    down.set(event.pointerId, event.clientX);
    canvas.setPointerCapture(event.pointerId);
    drags = down.size > 1;
    pressedAt = event.clientX;
    if (down.size === 1) press(event.clientX, event.clientY);
    else leave();
  });
  canvas.addEventListener('pointermove', (event) => {
    const before = down.get(event.pointerId);
    if (before === undefined) {
      hover(event.clientX, event.clientY);
      return;
    }
    if (down.size === 2) {
      const [a, b] = [...down.values()];
      const width = apart();
      down.set(event.pointerId, event.clientX);
      const [c, d] = [...down.values()];
      zoom(apart() / width, (a! + b!) / 2);
      move((a! + b! - c! - d!) / 2);
      return;
    }
    if (!drags && Math.abs(event.clientX - pressedAt) <= STILL) return;
    drags = true;
    down.set(event.pointerId, event.clientX);
    move(before - event.clientX);
    leave();
  });
  const lift = (event: PointerEvent): void => {
    down.delete(event.pointerId);
  };
  canvas.addEventListener('pointerup', lift);
  canvas.addEventListener('pointercancel', lift);
  canvas.addEventListener('pointerleave', leave);
  canvas.addEventListener(
    'wheel',
    (event) => {
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (event.ctrlKey || event.metaKey) {
        event.preventDefault();
        zoom(2 ** (-event.deltaY / 240), event.clientX);
      } else if (event.shiftKey || Math.abs(sideways) > Math.abs(event.deltaY)) {
        event.preventDefault();
        move(sideways);
      }
    },
    { passive: false },
  );
}
