/** An orbit and its nearest point, the perigee. */
export function Logo() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4f46e5" />
      <ellipse
        cx="16"
        cy="16"
        rx="10.5"
        ry="6"
        fill="none"
        stroke="#fff"
        strokeWidth="2"
        transform="rotate(-28 16 16)"
      />
      <circle cx="6.8" cy="20.9" r="2.9" fill="#fff" />
    </svg>
  );
}
