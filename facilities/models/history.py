"""What of a facility's file the database keeps the history of; see portal/history.py."""

from facilities.models.classes import CareClass
from facilities.models.emergency import EmergencyDrill, EmergencyPlan
from facilities.models.facilities import Facility, FacilityTransition
from facilities.models.operators import Operator
from facilities.models.papers import Fee, FeeNotice, Insurance, Menu, Permit
from facilities.models.people import Certificate, Employment, RecordCheck, TrainingRecord
from facilities.models.premises import Premises, PremisesArea
from facilities.models.sites import OpeningHours, Room, Site
from portal.history import kept

FacilityHistory = kept(Facility, by="pgh_obj", leave_out=("search_text", "name_key", "changed_at"))
OperatorHistory = kept(Operator, by="pgh_obj")
FacilityTransitionHistory = kept(FacilityTransition, by="facility")
PremisesHistory = kept(Premises, by="facility", leave_out=("standing",))
PremisesAreaHistory = kept(PremisesArea, by="premises")
CareClassHistory = kept(CareClass, by="facility")
FeeHistory = kept(Fee, by="facility")
FeeNoticeHistory = kept(FeeNotice, by="facility")
InsuranceHistory = kept(Insurance, by="facility", leave_out=("standing",))
PermitHistory = kept(Permit, by="facility", leave_out=("standing",))
MenuHistory = kept(Menu, by="facility")
EmergencyPlanHistory = kept(EmergencyPlan, by="facility", leave_out=("drilled_on", "drills_from", "standing"))
EmergencyDrillHistory = kept(EmergencyDrill, by="plan")
EmploymentHistory = kept(Employment, by="facility")
CertificateHistory = kept(Certificate, by="staff", leave_out=("standing", "board_on"))
RecordCheckHistory = kept(RecordCheck, by="staff", leave_out=("standing", "board_on"))
TrainingRecordHistory = kept(TrainingRecord, by="staff")
SiteHistory = kept(Site, by="facility")
RoomHistory = kept(Room, by="facility")
OpeningHoursHistory = kept(OpeningHours, by="facility")
