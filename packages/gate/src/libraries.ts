/**
 * Has all that is loaded when it is first needed come with this module where it was bundled: there, no folders are left to
 * look in. Where it still is the file that it was, it does nothing.
 */
export async function bringLibraries(): Promise<void> {
  if (/\/libraries\.[jt]s$/.test(import.meta.url)) return;
  const bundled = await Promise.all([
    import('@flick/contract/bundled'),
    import('@flick/credentials/bundled'),
    import('@flick/decide/bundled'),
    import('@flick/settings/bundled'),
  ]);
  for (const { takeBundled } of bundled) takeBundled();
}
