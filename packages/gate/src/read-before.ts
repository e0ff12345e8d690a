/** What is told where a body cannot be judged, since something of the app's has read it. */
export const readBefore = 'a body was read before Flick could judge it; put Flick before what reads bodies';
