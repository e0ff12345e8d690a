/** What the API of the bench answers by itself, whoever serves it. */

export const account = { id: 7, owner: 'user-7', balance: 125_000, currency: 'eur', state: 'open' };

export const booked = { id: 7, state: 'booked' };
