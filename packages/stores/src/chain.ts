/** A list in the order of appending. */
export interface Chain<Member> {
  size: number;
  oldest: Member | undefined;
  newest: Member | undefined;
}

/** What is in a list: it knows its neighbours, so that it is taken out without a search. */
export interface Chained<Member> {
  older: Member | undefined;
  newer: Member | undefined;
}

export function append<Member extends Chained<Member>>(chain: Chain<Member>, member: Member): void {
  member.older = chain.newest;
  member.newer = undefined;
  if (chain.newest === undefined) chain.oldest = member;
  else chain.newest.newer = member;
  chain.newest = member;
  chain.size += 1;
}

export function unlink<Member extends Chained<Member>>(chain: Chain<Member>, member: Member): void {
  const { older, newer } = member;
  if (older === undefined) chain.oldest = newer;
  else older.newer = newer;
  if (newer === undefined) chain.newest = older;
  else newer.older = older;
  chain.size -= 1;
}
