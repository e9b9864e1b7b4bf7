"""Lay a scan over the printed page: a homography from features, refined by patches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from notices.scan.codes import Corners
from notices.scan.ink import Darkness, darkness_of
from notices.scan.pictures import Gray

Matrix = NDArray[np.float64]
Points = NDArray[np.float32]

FEATURE_SCALE = 0.5  # of the printed page at 200 dpi: characters are then the size of a feature
FEATURES = 1800
NEAR = 130.0  # pixels at that scale by which a match may be away from where the code's corners put it
LEAST_MATCHES = 25
PATCH, SEARCH = 25, 16  # half sides in pixels
SETTLED = 2.5  # pixels: a refinement that moves the patches by less is the last
LEAST_LIKE = 0.55  # correlation of a patch with its place in the scan
PATCHES = 110
DIFFERENT = 60  # grey levels by which pages differ


@dataclass(frozen=True)
class PrintedPage:
    """A printed page without marks, and what of it is looked for in a scan; the corners are those of its code."""

    image: Gray
    corners: Corners | None

    @cached_property
    def features(self) -> tuple[Points, NDArray[np.uint8]]:
        """Features of the page: their points in pixels of the page, and descriptors."""
        points, descriptors = _features(self.image, FEATURE_SCALE)
        return points, descriptors

    @cached_property
    def darkness(self) -> Darkness:
        """Darkness of the page."""
        return darkness_of(self.image)

    @cached_property
    def patches(self) -> Points:
        """Centres of patches that are easy to recognise, spread over the page."""
        found = cv2.goodFeaturesToTrack(self.image, PATCHES, 0.05, 90, blockSize=9)
        height, width = self.image.shape
        spots = np.zeros((0, 2), np.float32) if found is None else found.reshape(-1, 2)
        edge = PATCH + SEARCH + 1
        inside = (spots > edge).all(axis=1) & (spots[:, 0] < width - edge) & (spots[:, 1] < height - edge)
        return np.asarray(spots[inside], np.float32)


def register(scan: Gray, corners: Corners | None, printed: PrintedPage) -> Matrix | None:
    """Return the homography from the scan's pixels to the printed page's; None if the page is not in the scan."""
    start = _from_corners(corners, printed.corners) if corners and printed.corners else None
    rough = _from_features(scan, start, printed)
    if rough is None and start is not None:
        rough = _from_features(scan, None, printed)
    if rough is None:
        return None
    for _ in range(2):
        better, moved = _refined(scan, rough, printed)
        if better is None:
            break
        rough = better
        if moved < SETTLED:
            break
    return rough


def laid_over(scan: Gray, pose: Matrix, printed: PrintedPage) -> Gray:
    """Return the scan in the frame of the printed page; where the scan ends, white."""
    height, width = printed.image.shape
    return np.asarray(
        cv2.warpPerspective(scan, pose, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255,)), np.uint8
    )


def how_alike(scan: Gray, pages: Sequence[PrintedPage]) -> tuple[float, ...]:
    """Return how much a scan is like each of several printed pages, from -1 to 1, where these differ; or nothing.

    The pages are made of one form, so one pose does for all that have the same size.
    """
    pose = next((found for page in pages[:2] if (found := register(scan, None, page)) is not None), None)
    if pose is None:
        return ()
    same = [page for page in pages if page.image.shape == pages[0].image.shape]
    here = darkness_of(laid_over(scan, pose, pages[0]))
    pile = np.stack([page.image for page in same])
    differ = cv2.dilate((np.ptp(pile, axis=0) > DIFFERENT).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    if not differ.any() or len(same) < len(pages):
        return tuple(0.0 for _ in pages)
    return tuple(float(np.corrcoef(here[differ], page.darkness[differ])[0, 1]) for page in pages)


def shows(scan: Gray, pose: Matrix, corners: Points) -> bool:
    """Return whether these points of the printed page lie on the scan."""
    there = _moved(np.asarray(corners, np.float32), np.asarray(np.linalg.inv(pose), np.float64))
    height, width = scan.shape
    return bool(((there >= -1) & (there <= [width, height])).all())


def _from_corners(here: Corners, there: Corners) -> Matrix | None:
    """Return the similarity that takes one code's corners to the other's: they are too near for perspective."""
    found, _ = cv2.estimateAffinePartial2D(np.array(here, np.float32), np.array(there, np.float32), method=cv2.LMEDS)
    return None if found is None else np.vstack([found, [0, 0, 1]])


def _features(image: Gray, scale: float) -> tuple[Points, NDArray[np.uint8]]:
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    finder = cv2.ORB.create(FEATURES, scaleFactor=1.25, nlevels=5, fastThreshold=12)
    found, descriptors = finder.detectAndCompute(small, None)
    if descriptors is None:
        return np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8)
    return np.array([each.pt for each in found], np.float32) / scale, np.asarray(descriptors, np.uint8)


def _from_features(scan: Gray, start: Matrix | None, printed: PrintedPage) -> Matrix | None:
    if start is not None:
        scale = FEATURE_SCALE * float(np.sqrt(abs(np.linalg.det(start[:2, :2]))))
    else:
        scale = FEATURE_SCALE * max(printed.image.shape) / max(scan.shape)
    here, those = _features(scan, min(scale, 1.5))
    there, these = printed.features
    if len(here) < LEAST_MATCHES or len(there) < LEAST_MATCHES:
        return None
    pairs = _pairs(those, these) if start is None else _near_pairs(those, these, _moved(here, start), there)
    if len(pairs) < LEAST_MATCHES:
        return None
    source, target = here[pairs[:, 0]], there[pairs[:, 1]]
    found, inliers = cv2.findHomography(source, target, cv2.USAC_MAGSAC, 6.0, maxIters=5000, confidence=0.999)
    if found is None or int(inliers.sum()) < LEAST_MATCHES:
        return None
    pose = np.asarray(found, np.float64)
    return pose if _is_plausible(pose, scan) else None


def _pairs(those: NDArray[np.uint8], these: NDArray[np.uint8]) -> NDArray[np.int64]:
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(those, these, k=2)
    good = [
        (two[0].queryIdx, two[0].trainIdx)
        for two in matches
        if len(two) == 2 and two[0].distance < 0.8 * two[1].distance
    ]
    return np.array(good, np.int64).reshape(-1, 2)


def _near_pairs(
    those: NDArray[np.uint8], these: NDArray[np.uint8], expected: Points, there: Points
) -> NDArray[np.int64]:
    """Return the best match of each feature among those near its expected place: characters repeat on a page."""
    reach = NEAR / FEATURE_SCALE
    near = [np.abs(expected[:, axis, None] - there[None, :, axis]) < reach for axis in (0, 1)]
    mask = (near[0] & near[1]).astype(np.uint8)
    matches = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(those, these, k=2, mask=mask)
    good = [
        (two[0].queryIdx, two[0].trainIdx)
        for two in matches
        if two and two[0].distance < 64 and (len(two) == 1 or two[0].distance < 0.85 * two[1].distance)
    ]
    return np.array(good, np.int64).reshape(-1, 2)


def _moved(points: Points, pose: Matrix) -> Points:
    return np.asarray(cv2.perspectiveTransform(points.reshape(-1, 1, 2), pose).reshape(-1, 2), np.float32)


def _is_plausible(pose: Matrix, scan: Gray) -> bool:
    """Return whether the scan's outline stays a convex quadrangle that is not mirrored."""
    height, width = scan.shape
    outline = _moved(np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32), pose)
    return bool(cv2.isContourConvex(outline)) and cv2.contourArea(outline, oriented=True) > 0


def _refined(scan: Gray, pose: Matrix, printed: PrintedPage) -> tuple[Matrix | None, float]:
    """Return the pose moved so that patches of the page lie where the scan shows them, and by how much they moved."""
    over = laid_over(scan, pose, printed)
    seen, wanted = [], []
    for x, y in printed.patches.astype(int):
        patch = printed.image[y - PATCH : y + PATCH + 1, x - PATCH : x + PATCH + 1]
        reach = PATCH + SEARCH
        around = over[y - reach : y + reach + 1, x - reach : x + reach + 1]
        likeness = cv2.matchTemplate(around, patch, cv2.TM_CCOEFF_NORMED)
        _, best, _, at = cv2.minMaxLoc(likeness)
        if best > LEAST_LIKE:
            seen.append((x + at[0] - SEARCH, y + at[1] - SEARCH))
            wanted.append((x, y))
    if len(seen) < 12:
        return None, 0.0
    found, there = np.array(seen, np.float32), np.array(wanted, np.float32)
    step, _ = cv2.findHomography(found, there, cv2.RANSAC, 3.0)
    if step is None:
        return None, 0.0
    return np.asarray(step @ pose, np.float64), float(np.median(np.abs(found - there).max(axis=1)))
