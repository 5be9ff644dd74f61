"""Decoding and detection by OpenCV: its frontal-face cascade, as its tutorial uses it. It has no embedder of its own."""

import cv2

from contender import serve

cv2.setNumThreads(1)
CASCADE = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")


def check_in(photo, stopwatch):
    picture = stopwatch.time("decode", lambda: cv2.imread(photo))
    stopwatch.time("detect all", lambda: detect(picture))


def detect(picture):
    grey = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
    return CASCADE.detectMultiScale(grey)


serve(lambda people: 0, check_in, whole=False)
