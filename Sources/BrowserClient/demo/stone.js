// The stone: an emerald cut, seen from above, that shows who speaks. The user's voice runs inwards from the rim, the
// model's outwards from the table; a facet shows what its ring heard a moment ago.

const space = 'http://www.w3.org/2000/svg';
const centre = { x: 100, y: 120 };
/** Half width, half height and cut corner of each step, from the rim to the table. */
const steps = [[94, 114, 34], [76, 95, 27], [57, 75, 20], [37, 53, 13]];
/** The brightness of each of the eight sides; the light comes from the upper left. */
const light = [0.8, 0.5, 0.36, 0.3, 0.4, 0.62, 0.86, 1];
/** The number of frames in which a level moves from one ring to the next. */
const lag = 5;

/**
 * @param {readonly number[]} step
 * @returns {[number, number][]}
 */
function corners([width, height, cut]) {
  const { x, y } = centre;
  return [
    [x - width + cut, y - height], [x + width - cut, y - height], [x + width, y - height + cut],
    [x + width, y + height - cut], [x + width - cut, y + height], [x - width + cut, y + height],
    [x - width, y + height - cut], [x - width, y - height + cut],
  ];
}

export class Stone {
  /** @type {{ring: number, light: number, user: SVGElement, model: SVGElement}[]} */
  #facets = [];
  /** @type {{input: number, output: number}[]} */
  #past = [];

  /** @param {SVGElement} svg */
  constructor(svg) {
    const rings = steps.map(corners);
    for (let ring = 0; ring < rings.length - 1; ring += 1) {
      for (let side = 0; side < 8; side += 1) {
        const next = (side + 1) % 8;
        this.#add(svg, ring, light[side], [
          rings[ring][side], rings[ring][next], rings[ring + 1][next], rings[ring + 1][side],
        ]);
      }
    }
    this.#add(svg, rings.length - 1, 0.9, rings[rings.length - 1]);
  }

  /**
   * @param {SVGElement} svg
   * @param {number} ring
   * @param {number} light
   * @param {[number, number][]} points
   */
  #add(svg, ring, light, points) {
    const polygon = (/** @type {string} */ name) => {
      const element = document.createElementNS(space, 'polygon');
      element.setAttribute('points', points.join(' '));
      element.setAttribute('class', `${name} ring-${ring}`);
      svg.append(element);
      return element;
    };
    const body = polygon('facet');
    body.style.setProperty('--light', `${100 * light}%`);
    this.#facets.push({ ring, light, user: polygon('user'), model: polygon('model') });
  }

  /**
   * Draws the levels of one frame, 0 to 1 each.
   * @param {number} input
   * @param {number} output
   * @param {boolean} still without the wave, for users who prefer reduced motion
   */
  draw(input, output, still) {
    this.#past.unshift({ input, output });
    this.#past.length = Math.min(this.#past.length, lag * steps.length);
    const before = (/** @type {number} */ rings) =>
      this.#past[Math.min(still ? 0 : rings * lag, this.#past.length - 1)];
    for (const { ring, light, user, model } of this.#facets) {
      const inwards = before(ring).input * (1 - 0.2 * ring);
      const outwards = before(steps.length - 1 - ring).output * (0.55 + 0.15 * ring);
      user.style.opacity = (inwards * (0.25 + 0.6 * light)).toFixed(3);
      model.style.opacity = (outwards * (0.3 + 0.7 * light)).toFixed(3);
    }
  }

  /** Draws silence. */
  rest() {
    this.#past = [];
    this.draw(0, 0, true);
  }
}
