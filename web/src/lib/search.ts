/** What a search shows: marked texts, and one flat order for the keyboard. */
import type { SearchAnswer, SearchGroup, SearchItem } from '../api/types';
import { getPath } from './paths';

export interface Piece {
  text: string;
  hit: boolean;
}

/** A text cut where the words of a search occur in it, in any case of letters. */
export function marked(text: string, query: string): Piece[] {
  const low = text.toLowerCase();
  // Few characters change their length in lower case; then nothing is marked rather than the wrong part.
  const words = low.length === text.length ? query.toLowerCase().split(/\s+/).filter(Boolean) : [];
  const hit = new Array<boolean>(text.length).fill(false);
  for (const word of words) {
    for (let at = low.indexOf(word); at >= 0; at = low.indexOf(word, at + 1)) hit.fill(true, at, at + word.length);
  }
  const out: Piece[] = [];
  for (let i = 0; i < text.length; i++) {
    const last = out[out.length - 1];
    if (last && last.hit === hit[i]) last.text += text[i];
    else out.push({ text: text[i] as string, hit: hit[i] as boolean });
  }
  return out;
}

/** The same for the text that was found: an address inside a network holds none of the words, and is meant whole. */
export function markedMatch(text: string, query: string): Piece[] {
  const pieces = marked(text, query);
  return pieces.some((p) => p.hit) ? pieces : [{ text, hit: true }];
}

export interface Hit {
  entity: string;
  item: SearchItem;
  title: string;
  /** What was found, where the title does not say it already. */
  match: string;
  facts: string[];
}

const FACTS = ['environment', 'role', 'status', 'datacenters.region', 'provider', 'ipv4_private'];

export function hitOf(group: SearchGroup, item: SearchItem): Hit {
  const title = String(item.name || item._id);
  const match = item.match && !title.toLowerCase().includes(item.match) ? item.match : '';
  const facts = FACTS.map((path) => getPath(item, path)).filter(
    (v): v is string => typeof v === 'string' && v !== '' && v.toLowerCase() !== match,
  );
  return { entity: group.entity, item, title, match, facts: facts.slice(0, 3) };
}

export interface ShownGroup {
  entity: string;
  label: string;
  hits: Hit[];
  /** Found beside those shown. */
  more: number;
}

export function shownGroups(answer: SearchAnswer | undefined): ShownGroup[] {
  return (answer?.groups ?? []).map((g) => ({
    entity: g.entity,
    label: g.label,
    hits: g.items.map((item) => hitOf(g, item)),
    more: Math.max(0, g.found - g.items.length),
  }));
}

/** Three characters in a row are needed, or the server only says so. */
export const isLongEnough = (query: string): boolean => query.split(/\s+/).some((w) => [...w].length >= 3);
