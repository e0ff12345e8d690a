/** The version of Flick. A test holds it to the package's own: a bundle has no package.json beside it. */
export const version = '0.1.0';
