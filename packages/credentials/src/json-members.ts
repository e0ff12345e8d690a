const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Whether any object in a JSON text names a member twice, however its name is escaped. Parsers differ in which of the
 * two they take, so two readers of one token could see two subjects in it.
 *
 * @param text - valid JSON: `JSON.parse` has taken it
 */
export function hasDuplicateMembers(text: string): boolean {
  const outer: (Set<string> | undefined)[] = [];
  // The names of the object that `at` stands in; undefined in an array and outside of all.
  let names: Set<string> | undefined;
  let nameIsDue = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text.charAt(at)) {
      case '{':
        outer.push(names);
        names = new Set();
        nameIsDue = true;
        break;
      case '[':
        outer.push(names);
        names = undefined;
        nameIsDue = false;
        break;
      case '}':
      case ']':
        names = outer.pop();
        nameIsDue = false;
        break;
      case ',':
        nameIsDue = names !== undefined;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (nameIsDue && names !== undefined) {
          const name: string = JSON.parse(text.slice(at, end + 1));
          if (names.has(name)) return true;
          names.add(name);
          nameIsDue = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return false;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at;
}
