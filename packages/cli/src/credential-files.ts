import { FileFault } from '@flick/credentials';
import { StartFault, systemReason } from '@flick/settings/start-fault';

/**
 * Works on a file of credentials.
 *
 * @throws StartFault with what was wrong with the file, or with what was to be written into it
 */
export async function onFile<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof FileFault) throw new StartFault(error.message);
    if (error instanceof Error && 'code' in error) throw new StartFault(`${file}: ${systemReason(error)}`);
    throw error;
  }
}
