/** The shop of `worker/` beside its compiled contract, in a folder within the workspace, where its packages are found. */
export function shopFolder(document?: string): Promise<{ readonly folder: string; readonly remove: () => void }>;

/** Bundles an entry to one file, as Cloudflare's own tools do. */
export function byEsbuild(entry: string, file: string): Promise<void>;

/** Bundles an entry to one file with another bundler. */
export function byRolldown(entry: string, file: string): Promise<void>;
