/** Whether a file's name is that of a module of JavaScript. */
export function isModuleName(path: string): boolean {
  return /\.m?js$/.test(path);
}
