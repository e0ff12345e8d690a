export function installCorpus(): Promise<void>;
export const modules: string;
export const github: string;
export const figma: string;
export const large: string;
export const largest: string;
export function namedDocuments(): { readonly documents: string[]; readonly swagger: string[] };
export function drawDocuments(count: number, seed: number): string[];
export function titleOf(path: string): string;
