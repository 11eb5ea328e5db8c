@echo off
rem An engagement plan from raw files to the PDF, for the Task Scheduler of Windows, or by hand.
rem It needs no network and no rights of an administrator.
rem
rem Every run makes a folder of its own, 2026-04-01 say. It is called 2026-04-01.part until all of it
rem is there. Where a step fails the run stops, says so, ends with a code other than 0, and leaves the
rem .part folder with its logs; earlier plans stay as they are.
rem
rem Change the settings below. Keep % out of them: TOP is a number of areas here.
rem Task Scheduler: Action "Start a program", the program is this file.
setlocal EnableExtensions DisableDelayedExpansion
chcp 65001 >nul

rem --- settings ------------------------------------------------------------------------------------
set "QGIS_PROCESS=C:\OSGeo4W\bin\qgis_process-qgis-ltr.bat"
set "IN=C:\engagement\in"
set "OUT=C:\engagement\out"
set "AREAS=%IN%\areas.gpkg"
set "NAME_FIELD=LSOA21NM"
set "TABLES=%IN%\tables"
set "REPLIES=%IN%\replies.csv"
set "POSTCODES=%IN%\postcodes.csv"
set "POSTCODE_FIELD=postcode"
set "GROUP_FIELD=ethnic_group"
set "OPENING_FIELD=preferred_opening"
set "VENUES=%IN%\venues.gpkg"
set "VENUE_NAME_FIELD=name"
set "NUMBER=5"
set "REACH=800"
set "PEOPLE_FIELD=lang_low_english_n"
set "WARDS=%IN%\wards.gpkg"
set "WARD_NAME_FIELD=WD24NM"
set "TITLE=Engagement plan"
set "TOP=30"
set "SUPPRESSION=nhs"
set "SOURCES=Boundaries: as published with the areas."
set "CONTACT=Ask us for this plan in other formats."
set "DRAWS=2000"
rem the folder that holds seldom_heard, where the plugin is in no profile
rem set "QGIS_PLUGINPATH=C:\qgis-plugins"

rem --- before anything is made ---------------------------------------------------------------------
if not exist "%QGIS_PROCESS%" (
  echo quarterly_plan: there is no %QGIS_PROCESS%; set QGIS_PROCESS. 1>&2
  exit /b 1
)
for %%f in ("%AREAS%" "%REPLIES%" "%POSTCODES%" "%VENUES%" "%WARDS%") do if not exist "%%~f" (
  echo quarterly_plan: there is no file %%~f. 1>&2
  exit /b 1
)
set "TABLE_WORDS="
for %%f in ("%TABLES%\*.csv") do call :table "%%~f"
if not defined TABLE_WORDS (
  echo quarterly_plan: there is no table ^(.csv^) in %TABLES%. 1>&2
  exit /b 1
)
set "QT_QPA_PLATFORM=offscreen"
rem this fails where the plugin is enabled already, so its help tells
call "%QGIS_PROCESS%" plugins enable seldom_heard >nul 2>&1
call "%QGIS_PROCESS%" help seldomheard:exportplan >nul 2>&1
if errorlevel 1 (
  echo quarterly_plan: QGIS has no plugin seldom_heard; install it, or set QGIS_PLUGINPATH. 1>&2
  exit /b 1
)

rem A folder that no other run has: making it fails where it is there.
if not exist "%OUT%" mkdir "%OUT%"
set "DAY="
for /f %%d in ('powershell -NoProfile -Command "Get-Date -Format yyyy-MM-dd"') do set "DAY=%%d"
if not defined DAY (
  echo quarterly_plan: the date is not known. 1>&2
  exit /b 1
)
set "NAME=%DAY%"
set "NUMBER_OF_RUN=1"
:folder
if not exist "%OUT%\%NAME%" mkdir "%OUT%\%NAME%.part" 2>nul && goto made
set /a NUMBER_OF_RUN+=1
set "NAME=%DAY%-%NUMBER_OF_RUN%"
if %NUMBER_OF_RUN% lss 100 goto folder
echo quarterly_plan: no folder can be made in %OUT%. 1>&2
exit /b 1
:made
set "MADE=%OUT%\%NAME%.part"
mkdir "%MADE%\data" "%MADE%\private" "%MADE%\private\logs"

rem --- steps: each ends the run where it fails ------------------------------------------------------
call :step 01-check-inputs checkinputs "--INPUT=%AREAS%" %TABLE_WORDS% "--REPORT=%MADE%\checked-inputs.html" || exit /b 1
call :step 02-profile profileareas "--INPUT=%AREAS%" %TABLE_WORDS% "--OUTPUT=%MADE%\data\profile.gpkg" || exit /b 1
rem replies that cannot be placed are listed with their postcodes, so the list is private
call :step 03-count countresponses "--INPUT=%MADE%\data\profile.gpkg" "--RESPONSES=%REPLIES%" "--POSTCODE_FIELD=%POSTCODE_FIELD%" "--POSTCODES=%POSTCODES%" "--GROUP_FIELD=%GROUP_FIELD%" "--OUTPUT=%MADE%\private\counted.gpkg" "--UNPLACED=%MADE%\private\unplaced.csv" || exit /b 1
rem from here on small counts of replies are hidden
call :step 04-voice measurevoice "--INPUT=%MADE%\private\counted.gpkg" "--NAME_FIELD=%NAME_FIELD%" "--SUPPRESSION=%SUPPRESSION%" "--OUTPUT=%MADE%\data\voice.gpkg" "--REPORT=%MADE%\voice.html" || exit /b 1
call :step 05-groups representation "--INPUT=%MADE%\data\profile.gpkg" "--RESPONSES=%REPLIES%" "--GROUP_FIELD=%GROUP_FIELD%" "--SUPPRESSION=%SUPPRESSION%" "--OUTPUT=%MADE%\data\groups.csv" "--REPORT=%MADE%\groups.html" || exit /b 1
call :step 06-rank findseldomheard "--INPUT=%MADE%\data\voice.gpkg" "--NAME_FIELD=%NAME_FIELD%" "--TOP=%TOP%" "--DRAWS=%DRAWS%" "--SEED=1" "--OUTPUT=%MADE%\data\ranked.gpkg" "--SENSITIVITY=%MADE%\data\sensitivity.csv" "--REPORT=%MADE%\ranking.html" || exit /b 1
call :step 07-quotas planquotas "--INPUT=%MADE%\data\ranked.gpkg" "--NAME_FIELD=%NAME_FIELD%" "--GROUP_FIELDS=eth_asian_n" "--GROUP_FIELDS=eth_black_n" "--GROUP_FIELDS=eth_mixed_n" "--GROUP_FIELDS=eth_white_n" "--GROUP_FIELDS=eth_other_n" "--SUPPRESSION=%SUPPRESSION%" "--OUTPUT=%MADE%\data\quotas.gpkg" || exit /b 1
call :step 08-venues planvenues "--INPUT=%MADE%\data\quotas.gpkg" "--NAME_FIELD=%NAME_FIELD%" "--VENUES=%VENUES%" "--VENUE_NAME_FIELD=%VENUE_NAME_FIELD%" "--NUMBER=%NUMBER%" "--REACH=%REACH%" "--PEOPLE_FIELD=%PEOPLE_FIELD%" "--SUPPRESSION=%SUPPRESSION%" "--OUTPUT=%MADE%\data\venues.gpkg" "--REACHED=%MADE%\data\areas.gpkg" || exit /b 1
call :step 09-map exportmap "--INPUT=%MADE%\data\areas.gpkg" "--TITLE=%TITLE%" "--SOURCES=%SOURCES%" "--WARDS=%WARDS%" "--WARD_NAME_FIELD=%WARD_NAME_FIELD%" "--VENUES=%MADE%\data\venues.gpkg" "--VENUE_NAME_FIELD=%VENUE_NAME_FIELD%" "--OUTPUT=%MADE%\map.pdf" || exit /b 1
call :step 10-voice-map exportmap "--INPUT=%MADE%\data\areas.gpkg" "--VIEW=voice" "--SOURCES=%SOURCES%" "--OUTPUT=%MADE%\voice-map.pdf" || exit /b 1
call :step 11-atlas exportatlas "--INPUT=%MADE%\data\areas.gpkg" "--NAME_FIELD=%NAME_FIELD%" "--PAGES=wards" "--WARDS=%WARDS%" "--WARD_NAME_FIELD=%WARD_NAME_FIELD%" "--TITLE=%TITLE%" "--SOURCES=%SOURCES%" "--SUPPRESSION=%SUPPRESSION%" "--OUTPUT=%MADE%\atlas.pdf" || exit /b 1
call :step 12-plan exportplan "--INPUT=%MADE%\data\areas.gpkg" "--NAME_FIELD=%NAME_FIELD%" "--TITLE=%TITLE%" "--TOP=%TOP%" "--VENUES=%MADE%\data\venues.gpkg" "--GROUPS=%MADE%\data\groups.csv" "--SENSITIVITY=%MADE%\data\sensitivity.csv" "--RESPONSES=%REPLIES%" "--OPENING_FIELD=%OPENING_FIELD%" "--WARDS=%WARDS%" "--CONTACT=%CONTACT%" "--SUPPRESSION=%SUPPRESSION%" "--OUTPUT=%MADE%\plan.html" || exit /b 1

rem --- all of it is there ----------------------------------------------------------------------------
for %%f in (map.pdf voice-map.pdf atlas.pdf plan.html plan.xlsx voice.html groups.html ranking.html) do if not exist "%MADE%\%%f" (
  echo quarterly_plan: %%f is missing in %MADE%. 1>&2
  exit /b 1
)
move "%MADE%" "%OUT%\%NAME%" >nul || exit /b 1
echo %TIME% done: %OUT%\%NAME%
exit /b 0

rem :table FILE adds one table
:table
set "TABLE_WORDS=%TABLE_WORDS% "--TABLES=%~1""
exit /b 0

rem :step NAME ALGORITHM WORDS... runs it, keeps what it said in private\logs\NAME.log, as logs
rem tell how many counts are hidden
:step
echo %TIME% %~1
set "LOG=%MADE%\private\logs\%~1.log"
set "ALGORITHM=seldomheard:%~2"
set "WORDS="
:word
if "%~3"=="" goto run
set "WORDS=%WORDS% "%~3""
shift /3
goto word
:run
call "%QGIS_PROCESS%" run %ALGORITHM% %WORDS% >"%LOG%" 2>&1 <nul
if not errorlevel 1 exit /b 0
echo quarterly_plan: %~1 failed; all it said is in %LOG% 1>&2
exit /b 1
