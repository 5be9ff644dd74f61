// Why a picture was not enrolled, in plain words, and what to do about it.

const WORDS = {
  "no-face": ["No face in this picture", "Use one that shows the face from the front, well lit and not covered."],
  "several-faces": ["More than one face", "Use a picture of this one person, or crop the others away."],
  "image-unsupported": ["Not a picture that can be read", "Use a JPEG or PNG file."],
  "image-damaged": ["The file is damaged", "Take or export the picture again."],
  "image-empty": ["The file is empty", "Choose another one."],
  "image-too-small": ["The picture is too small", "Use the original instead of a thumbnail."],
  "image-too-large": ["The picture is too large", "Use a smaller one."],
  "too-many-faces": ["There are enough faces", "Remove one below before adding another."],
  "unlike-own-faces": ["Unlike the other pictures", "If it is the same person, remove the others below first."],
  "no-consent": ["No consent is on record", "Record the consent first, then enrol the face."],
  erased: ["This person was erased", "Nothing can be enrolled for them any more."],
};

const ADVICE = {
  "too small": "come closer to the camera",
  blurred: "hold still, or wipe the lens",
  "too dark": "find more light, from the front",
  "too bright": "turn away from the strong light",
  "turned away": "look straight into the camera",
};

/** `{ title, advice }` of an ApiError of an enrolment or a face check. */
export function refusal(error) {
  if (error.code === "poor-quality") {
    const told = Object.entries(ADVICE).filter(([sign]) => error.detail.includes(sign));
    const said = told.map(([sign, advice]) => `It is ${sign}: ${advice}.`).join(" ");
    return { title: "The face does not show well enough", advice: said || error.detail };
  }
  const [title, advice] = WORDS[error.code] ?? [error.detail, error.passing ? "Try again in a moment." : null];
  return { title, advice };
}
