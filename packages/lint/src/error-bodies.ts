import type { MediaType, Operation, ResponseModel } from '@flick/contract';
import { errorResponses } from './listing.ts';

/** What the error bodies of a contract have in common. */
export interface ErrorBodies {
  /** The members of the commonest one; empty where none has any. */
  readonly commonest: readonly string[];
  /** The members of a response's body where it shares no shape with the commonest one. */
  readonly odd: (response: ResponseModel) => readonly string[] | undefined;
}

/** Finds the commonest shape of error bodies. Bodies count as one shape where the one only adds members to the other. */
export function errorBodiesOf(operations: readonly Operation[]): ErrorBodies {
  const counts = new Map<string, { readonly members: readonly string[]; count: number }>();
  for (const operation of operations) {
    for (const members of errorResponses(operation).flatMap(shapesOf)) {
      const key = JSON.stringify(members);
      const known = counts.get(key);
      if (known === undefined) counts.set(key, { members, count: 1 });
      else known.count += 1;
    }
  }
  const [first] = [...counts.values()].toSorted((one, other) => other.count - one.count);
  const commonest = first?.members ?? [];
  return {
    commonest,
    odd(response) {
      const shapes = shapesOf(response);
      const alike = shapes.some((members) => isWithin(members, commonest) || isWithin(commonest, members));
      return alike ? undefined : shapes[0];
    },
  };
}

function isWithin(members: readonly string[], others: readonly string[]): boolean {
  return members.every((member) => others.includes(member));
}

function shapesOf({ content }: ResponseModel): (readonly string[])[] {
  return content.flatMap((media) => {
    const members = media.kind === 'json' ? membersOf(media) : [];
    return members.length === 0 ? [] : [members];
  });
}

function membersOf(media: MediaType): readonly string[] {
  try {
    return [...(media.shape?.properties?.keys() ?? [])].toSorted();
  } catch {
    // A schema that cannot be read is a finding of its own.
    return [];
  }
}
