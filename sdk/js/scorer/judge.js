/** How easy is a text to read, by the length of its sentences and paragraphs? */
import { SCORE_MAX, counted, invalidConfig, quoted, scorecard, scorer } from './assay.mjs';

/** Full marks up to the wanted length, none from twice of it. */
export const score = scorer((task, delivery, config) => {
  const wordsPerSentence = setting(config, 'words_per_sentence', 20);
  const wordsPerParagraph = setting(config, 'words_per_paragraph', 120);
  const paragraphs = paragraphsOf(delivery.content);
  const sentences = paragraphs.flatMap((paragraph) => parts(/(?<=[.!?])\s/, paragraph));
  if (sentences.length === 0) {
    const nothing = { name: 'text', weight: 1, score: 0, note: 'There is no text; write one.' };
    return scorecard([nothing], 'The delivery is empty.');
  }
  const sides = [
    dimension('sentences', 2, sentences, wordsPerSentence),
    dimension('paragraphs', 1, paragraphs, wordsPerParagraph),
  ];
  const all = counted(words(delivery.content), 'word', 'words');
  const inSentences = counted(sentences.length, 'sentence', 'sentences');
  const inParagraphs = counted(paragraphs.length, 'paragraph', 'paragraphs');
  return scorecard(sides, `${all} in ${inSentences} and ${inParagraphs}.`);
});

/** The mean over the texts; the note is about the longest of them. */
function dimension(name, weight, texts, wordsMax) {
  const lengths = texts.map(words);
  const marks = lengths.reduce((sum, length) => sum + mark(length, wordsMax), 0);
  const most = lengths.reduce((one, other) => Math.max(one, other));
  const found = counted(most, 'word', 'words');
  const longest = quoted(texts[lengths.indexOf(most)], 60);
  const note = `The longest has ${found}, at most ${wordsMax} wanted; split ${longest}.`;
  return { name, weight, score: Math.floor(marks / texts.length), note: most > wordsMax ? note : '' };
}

/** Falls in a straight line, in whole numbers so that it is the same everywhere. */
export function mark(length, wordsMax) {
  const over = Math.min(Math.max(length - wordsMax, 0), wordsMax);
  return SCORE_MAX - Math.floor((SCORE_MAX * over) / wordsMax);
}

/** Lines between blank ones. Line by line, since one pattern over all of a text may take far too long. */
function paragraphsOf(text) {
  const paragraphs = [];
  let lines = [];
  for (const line of [...text.split('\n'), '']) {
    if (line.trim()) {
      lines.push(line.trim());
    } else if (lines.length > 0) {
      paragraphs.push(lines.join('\n'));
      lines = [];
    }
  }
  return paragraphs;
}

const words = (text) => parts(/\s+/, text).length;

const parts = (separator, text) => text.split(separator).map((part) => part.trim()).filter(Boolean);

function setting(config, name, otherwise) {
  const value = config[name] ?? otherwise;
  if (!Number.isInteger(value) || value < 1) {
    throw invalidConfig(`${name}: is ${JSON.stringify(value)}; give a whole number of words, at least 1`);
  }
  return value;
}
