const teas = new Map([
  [1, { id: 1, name: 'Sencha', grams: 100 }],
  [2, { id: 2, name: 'Assam', grams: 250 }],
]);

/** Teas, in memory. It believes whatever it is told. */
export const shop = {
  find: (id) => teas.get(id),
  drop: (id) => teas.delete(id),
  add(tea) {
    const added = { ...tea, id: Math.max(...teas.keys()) + 1 };
    teas.set(added.id, added);
    return added;
  },
  boil() {
    throw new Error('no kettle at 10.0.0.7');
  },
};
