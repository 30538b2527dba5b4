/** Does each figure the poster names stand in the text? */
import { counted, failed, grouped, invalidConfig, lineOf, passed, quoted, verifier } from './assay.mjs';

// 1,212 and 3.5 are one number each; the full stop after a sentence belongs to none.
const NUMBER = /[0-9]+(?:[.,][0-9]+)*%?/g;

/** One finding a figure, named by it. */
export const verify = verifier((task, delivery, config) => {
  const wanted = config.figures ?? [];
  if (wanted.length === 0) {
    throw invalidConfig('figures: is empty; name what must stand in the text, as in ["1,212", "42%"]');
  }
  const found = [...delivery.content.matchAll(NUMBER)];
  return wanted.map((figure) => judged(figure, found, delivery.content));
});

/** A figure is the same with and without its commas. */
function judged(figure, found, text) {
  const plain = figure.replaceAll(',', '');
  const places = found.filter(([number]) => number.replaceAll(',', '') === plain);
  if (places.length > 0) {
    const lines = places.slice(0, 5).map(({ index }) => grouped(lineOf(text, index))).join(', ');
    const times = counted(places.length, 'time', 'times');
    return passed(figure, `${quoted(figure)} stands in the text ${times}, line ${lines}`);
  }
  const others = found.slice(0, 5).map(([number]) => number).join(', ') || 'none at all';
  const numbers = counted(found.length, 'number', 'numbers');
  return failed(figure, `${quoted(figure)} is not among the ${numbers} of the text: ${others}`);
}
