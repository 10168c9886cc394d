#pragma once

// Names that the headers of X11 and of Windows define as macros. Where one stands in a header of ours, that header
// does not compile: stricter than the macros themselves, of which some would only change a name silently.

// X.h, Xlib.h, Xutil.h
#pragma GCC poison Bool Status True False None Success Always NotUseful WhenMapped
#pragma GCC poison Above Below TopIf BottomIf Opposite Convex Nonconvex Complex Unsorted YSorted YXSorted
#pragma GCC poison AnyKey AnyButton AnyModifier AnyPropertyType AllTemporary AllPlanes AllValues
#pragma GCC poison BadAccess BadAlloc BadLength BadMatch BadName BadRequest BadValue
#pragma GCC poison CopyFromParent ParentRelative InputOnly InputOutput CurrentTime NoSymbol NoValue
#pragma GCC poison KeyPress KeyRelease ButtonPress ButtonRelease FocusIn FocusOut Expose
#pragma GCC poison DestroyAll RetainPermanent RetainTemporary DisableAccess EnableAccess
#pragma GCC poison GrayScale StaticGray PseudoColor StaticColor TrueColor DirectColor LSBFirst MSBFirst
#pragma GCC poison QueuedAlready QueuedAfterReading QueuedAfterFlush InputFocus PointerRoot PointerWindow

// windows.h and what it includes
#pragma GCC poison min max near far small hyper interface cdecl pascal environ
#pragma GCC poison IN OUT OPTIONAL CONST VOID TRUE FALSE STRICT THIS DELETE ERROR NO_ERROR IGNORE INFINITE
#pragma GCC poison ABSOLUTE RELATIVE DIFFERENCE OPAQUE TRANSPARENT
#pragma GCC poison MemoryBarrier Yield DeviceCapabilities CopyMemory FillMemory MoveMemory ZeroMemory
#pragma GCC poison CreateEvent CreateFile CreateMutex CreateProcess CreateSemaphore CreateWindow
#pragma GCC poison CopyFile DeleteFile MoveFile DrawText FindText FormatMessage LoadImage LoadLibrary
#pragma GCC poison GetClassName GetCommandLine GetCurrentTime GetFreeSpace GetMessage GetObject GetUserName
#pragma GCC poison PostMessage SendMessage ReportEvent UpdateResource
